import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { Icon } from "./icon.tsx";
import "./field.css";

export interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
  readonly required?: boolean;
  /** The label is there for screen readers only. */
  readonly hidesLabel?: boolean;
  readonly children: (ids: ControlIds) => ReactNode;
}

export interface ControlIds {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

/** A control with its label, what it is for, and what is wrong with it. */
function Field({ label, hint, problem, required, hidesLabel, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label className={hidesLabel ? "visually-hidden" : "field-label"} htmlFor={id}>
        {label}
        {required && <span className="field-required"> required</span>}
      </label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": problem ? true : undefined,
      })}
      {hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p className="field-problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

type Labelled = Omit<FieldProps, "children">;

export function TextField({
  label,
  hint,
  problem,
  required,
  hidesLabel,
  ...rest
}: Labelled & Omit<InputHTMLAttributes<HTMLInputElement>, "required">) {
  return (
    <Field {...labelled({ label, hint, problem, required, hidesLabel })}>
      {(ids) => <input className="input" {...ids} {...rest} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  problem,
  required,
  hidesLabel,
  ...rest
}: Labelled & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "required">) {
  return (
    <Field {...labelled({ label, hint, problem, required, hidesLabel })}>
      {(ids) => <textarea className="input input-area" spellCheck={false} {...ids} {...rest} />}
    </Field>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface SelectFieldProps
  extends Labelled,
    Omit<SelectHTMLAttributes<HTMLSelectElement>, "required" | "onChange"> {
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}

/** The browser's own list: nothing else is as good on a phone and with a screen reader. */
export function SelectField({
  label,
  hint,
  problem,
  required,
  hidesLabel,
  choices,
  onChange,
  ...rest
}: SelectFieldProps) {
  return (
    <Field {...labelled({ label, hint, problem, required, hidesLabel })}>
      {(ids) => (
        <span className="select">
          <select
            className="input"
            {...ids}
            {...rest}
            onChange={(event) => onChange(event.target.value)}
          >
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </select>
          <Icon name="down" size={12} />
        </span>
      )}
    </Field>
  );
}

export interface CheckFieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

export function CheckField({ label, hint, checked, onChange, disabled }: CheckFieldProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        {hint && <span className="field-hint">{hint}</span>}
      </span>
    </label>
  );
}

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly autoFocus?: boolean;
}

export function SearchField({ label, value, onChange, placeholder }: SearchFieldProps) {
  return (
    <Field label={label} hidesLabel>
      {(ids) => (
        <span className="search">
          <Icon name="search" />
          <input
            className="input"
            type="search"
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder ?? label}
            {...ids}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        </span>
      )}
    </Field>
  );
}

/** Without what is not there: an optional property may be left out, but not be undefined. */
function labelled({
  label,
  hint,
  problem,
  required,
  hidesLabel,
}: { [Key in keyof Labelled]: Labelled[Key] | undefined }): Labelled {
  return {
    label,
    ...(hint !== undefined && { hint }),
    ...(problem !== undefined && { problem }),
    ...(required !== undefined && { required }),
    ...(hidesLabel !== undefined && { hidesLabel }),
  };
}
