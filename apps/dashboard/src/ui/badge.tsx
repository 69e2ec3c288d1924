import type { ReactNode } from "react";
import "./badge.css";

/** How something stands: the colour only repeats what the words say. */
export type Tone = "ok" | "warn" | "bad" | "info" | "quiet" | "accent";

export interface BadgeProps {
  readonly tone?: Tone;
  /** A dot before the words; one that beats where something goes on. */
  readonly dot?: boolean | "live";
  readonly children: ReactNode;
  readonly title?: string;
}

export function Badge({ tone = "quiet", dot, children, title }: BadgeProps) {
  return (
    <span className={`badge badge-${tone}`} title={title}>
      {dot && <span className="badge-dot" data-live={dot === "live" || undefined} />}
      {children}
    </span>
  );
}
