import "./code.css";

export interface CodeProps {
  readonly label: string;
  readonly children: string;
  /** Long lines go on in the next. */
  readonly wrap?: boolean;
}

/** Text as it is: JSON that a tool answered, lines of a log. */
export function Code({ label, children, wrap = false }: CodeProps) {
  return (
    <section
      className="code"
      data-wrap={wrap || undefined}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
      tabIndex={0}
    >
      <pre>{children}</pre>
    </section>
  );
}

/** JSON in lines, as it was read. */
export function Json({ label, value }: { readonly label: string; readonly value: unknown }) {
  return <Code label={label}>{JSON.stringify(value, null, 2) ?? "nothing"}</Code>;
}
