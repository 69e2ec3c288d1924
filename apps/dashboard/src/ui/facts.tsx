import type { ReactNode } from "react";
import "./facts.css";

/** Names and values in two columns; what is not known is left out. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, unknown])[] }) {
  const known = facts.filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return (
    <dl className="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value as ReactNode}</dd>
        </div>
      ))}
    </dl>
  );
}
