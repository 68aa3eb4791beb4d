/** The sign of something that everybody in the visit has to know of, for as long as it stands. */
import type { ReactNode } from "react";
import "../styles/sign.css";

interface Props {
  label: string;
  look: "rests" | "records" | "reads";
  /** What it is, beside its mark. */
  sign: ReactNode;
  /** How it stands for whoever reads this. */
  words: ReactNode;
  /** What they can do about it. */
  children: ReactNode;
}

export function Sign({ label, look, sign, words, children }: Props) {
  return (
    <section className={`sign sign--${look}`} aria-label={label}>
      <p className="sign__what">{sign}</p>
      <p className="sign__words">{words}</p>
      <div className="sign__do">{children}</div>
    </section>
  );
}
