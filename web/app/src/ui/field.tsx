import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from "react";

interface Around {
  label: string;
  hint?: string;
  /** What is wrong with it and what to do. */
  error?: string | undefined;
}

function Field({ label, hint, error, id, children }: Around & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <p className="field__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p className="field__error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function described(id: string, { hint, error }: Around): string | undefined {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean);
  return ids.length > 0 ? ids.join(" ") : undefined;
}

export function TextField({ label, hint, error, ...input }: Around & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const around: Around = { label, ...(hint !== undefined && { hint }), error };
  return (
    <Field {...around} id={id}>
      <input
        className="input"
        dir="auto"
        {...input}
        id={id}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={described(id, around)}
      />
    </Field>
  );
}

type SelectProps = Around & {
  options: readonly { value: string; label: string }[];
} & SelectHTMLAttributes<HTMLSelectElement>;

export function SelectField({ label, hint, error, options, ...select }: SelectProps) {
  const id = useId();
  const around: Around = { label, ...(hint !== undefined && { hint }), error };
  return (
    <Field {...around} id={id}>
      <select className="input" {...select} id={id} aria-describedby={described(id, around)}>
        {options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
}
