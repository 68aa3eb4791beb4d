import { useEffect, useState } from "react";
import { type Key, useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Icon, type IconName } from "../ui/icon";
import { RUNNING, type TestState, type Verdict, testConnection } from "./connection-test";

const ICONS: Record<Verdict, IconName> = { running: "clock", good: "check", slow: "warning", bad: "close" };
const PARTS = ["server", "socket", "call"] as const;

/** The connection test, in words. */
export function ConnectionReport() {
  const { t } = useTexts();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<TestState>(RUNNING);

  useEffect(() => {
    let isCurrent = true;
    setState(RUNNING);
    void testConnection((change) => isCurrent && setState((before) => ({ ...before, ...change })));
    return () => {
      isCurrent = false;
    };
  }, [attempt]);

  const isDone = PARTS.every((part) => state[part] !== "running");
  return (
    <section className="stack stack--tight" aria-labelledby="connection-test">
      <h2 id="connection-test" className="label">
        {t("test.title")}
      </h2>
      <ul className="test">
        {PARTS.map((part) => (
          <li key={part} className={`test__row test__row--${state[part]}`}>
            <Icon name={ICONS[state[part]]} />
            <span>{t(`test.${part}.${state[part]}` as Key)}</span>
          </li>
        ))}
      </ul>
      <p role="status" className="muted small">
        {isDone && (
          <>
            {t(summary(state))} {state.answerMs !== null && t("test.answer", { count: state.answerMs })}
          </>
        )}
      </p>
      <div>
        <Button small look="quiet" onClick={() => setAttempt(attempt + 1)} disabled={!isDone}>
          {t("test.again")}
        </Button>
      </div>
    </section>
  );
}

function summary(state: TestState): Key {
  if (PARTS.some((part) => state[part] === "bad")) return "test.bad";
  return PARTS.some((part) => state[part] === "slow") ? "test.slow" : "test.good";
}
