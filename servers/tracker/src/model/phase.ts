/** What work on a project is about, as far as structured signs tell. */
export const PHASES = ["planning", "implementation", "testing", "review", "release"] as const;

export type PhaseName = (typeof PHASES)[number];

/** A phase, and what shows it. */
export interface Phase {
  readonly name: PhaseName;
  /** The sign: what was called or said. */
  readonly why: string;
  readonly recordId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}
