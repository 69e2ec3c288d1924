import { type ReactNode, useId } from "react";
import "./card.css";

export interface CardProps {
  readonly title?: ReactNode;
  /** Behind the title: a count, a badge. */
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  /** Without padding: for tables and lists that reach its edges. */
  readonly flush?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part of a page, with its title as the name of a landmark. */
export function Card({ title, note, actions, flush, className, children }: CardProps) {
  const id = useId();
  return (
    <section
      className={["card", className].filter(Boolean).join(" ")}
      aria-labelledby={title ? id : undefined}
    >
      {(title || actions) && (
        <header className="card-head">
          <h2 id={id}>{title}</h2>
          {(note || note === 0) && <span className="card-note">{note}</span>}
          {actions && <div className="card-actions">{actions}</div>}
        </header>
      )}
      <div className={flush ? "card-body card-flush" : "card-body"}>{children}</div>
    </section>
  );
}

export interface PageHeadProps {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
}

/** The top of a page: its one `h1`, a sentence, and what can be done here. */
export function PageHead({ title, lead, actions }: PageHeadProps) {
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <p className="page-lead">{lead}</p>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </header>
  );
}
