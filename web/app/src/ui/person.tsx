/** Somebody, shown by their initials. */

export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^\p{L}/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) =>
    word ? [...word][0] : "",
  );
  return letters.join("").toLocaleUpperCase();
}

export function Initials({ name, large = false }: { name: string; large?: boolean }) {
  return (
    <span className={large ? "initials initials--large" : "initials"} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** A name as somebody wrote it: it keeps to its own direction of writing. */
export function Name({ children }: { children: string }) {
  return <bdi>{children}</bdi>;
}
