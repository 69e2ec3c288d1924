import "./diff.css";

const KINDS: Readonly<Record<string, string>> = { "+": "added", "-": "removed", "@": "place" };

export interface DiffProps {
  /** Each with `+`, `-`, `@` or a blank before it. */
  readonly lines: readonly string[];
  readonly label: string;
}

/** What was and what is, line by line: the marks say what the colours repeat. */
export function Diff({ lines, label }: DiffProps) {
  return (
    <ol className="diff" aria-label={label}>
      {lines.map((line, index) => (
        <li key={index} data-kind={KINDS[line[0] ?? ""]}>
          {line}
        </li>
      ))}
    </ol>
  );
}
