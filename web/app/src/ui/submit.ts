/** What every form does with a press of its button: once at a time, and what is refused stands above the fields. */
import { Refused } from "@bedside/client";
import { type FormEvent, type RefObject, useRef, useState } from "react";

export interface Submit {
  form: RefObject<HTMLFormElement | null>;
  isBusy: boolean;
  problem: Refused | null;
  submit: (event: FormEvent) => void;
}

/** After a success the form stays busy: whoever it belongs to goes on, and it is gone. */
export function useSubmit(send: (entered: FormData) => Promise<void>): Submit {
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Refused | null>(null);

  const submit = async () => {
    if (isBusy || !form.current) return;
    const entered = new FormData(form.current);
    setBusy(true);
    setProblem(null);
    try {
      await send(entered);
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusy(false);
    }
  };

  return {
    form,
    isBusy,
    problem,
    submit: (event) => {
      event.preventDefault();
      void submit();
    },
  };
}
