/** What tools of the tracker answer, as far as the page reads it. */

export interface Evidence {
  readonly record: string;
  readonly session: string;
  readonly at: string;
  readonly source: string;
  /** The file; `pasted` of what was given as text. */
  readonly path: string;
  /** Byte at which the line begins. */
  readonly offset: number;
  readonly uuid?: string;
}

export interface Task {
  readonly id: string;
  readonly project: string;
  readonly subject: string;
  /** `abandoned`: begun, and not touched for a day. */
  readonly status: string;
  readonly source: string;
  readonly blockedBy: readonly string[];
  readonly priority: number;
  readonly why: Readonly<Record<string, number>>;
  readonly confidence: number;
  readonly updated: string;
  readonly sessions: number;
  readonly owner?: string;
  readonly note?: string;
  readonly evidence: readonly Evidence[];
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly total: number;
  readonly next?: string;
}

export interface ErrorGroup {
  readonly group: string;
  readonly message: string;
  readonly class: string;
  readonly component: string;
  readonly command?: string;
  readonly template: string;
  readonly project: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly status: "open" | "resolved" | "regressed";
  readonly note?: string;
  readonly evidence: readonly Evidence[];
}

export interface Insight {
  readonly kind: string;
  readonly about: string;
  readonly title: string;
  readonly detail: string;
  readonly action: string;
  readonly confidence: number;
}

export interface Health {
  readonly status: string;
  readonly targets: readonly {
    readonly name: string;
    readonly status: string;
    readonly since: string;
    readonly detail?: string;
  }[];
  readonly reading: {
    readonly on: boolean;
    readonly files: number;
    readonly backlog: number;
    readonly sources: readonly { readonly name: string; readonly path: string }[];
    readonly problems: readonly { readonly message: string; readonly count: number }[];
  };
  readonly store: {
    readonly kind: string;
    readonly records: number;
    readonly sessions: number;
    readonly tasks: number;
    readonly errorGroups: number;
    readonly bytes?: number;
    readonly oldest?: string;
    readonly newest?: string;
  };
  readonly notes: readonly string[];
}

export interface Report {
  readonly summary: readonly string[];
  readonly unfinished: readonly Task[];
  readonly errors: readonly ErrorGroup[];
  readonly insights: readonly Insight[];
}

export interface Hit {
  readonly snippet: string;
  readonly type: string;
  readonly project: string;
  readonly evidence: Evidence;
}

export interface Hits {
  readonly hits: readonly Hit[];
}

export interface SessionFacts {
  readonly session: string;
  readonly project: string;
  readonly agent: string;
  readonly first: string;
  readonly last: string;
  readonly records: number;
  readonly errors: number;
}

export interface Related {
  readonly session: SessionFacts;
  readonly related: readonly SessionFacts[];
}
