/** What tools of the knowledge server answer, as far as its pages read it. */

export interface Confidence {
  readonly value: number;
  readonly lowerBound: number;
  readonly worked: number;
  readonly failed: number;
  readonly evidence: string;
}

export interface Found {
  readonly id: string;
  readonly error: string;
  readonly fix?: string;
  readonly context?: string;
  readonly severity?: string;
  readonly timestamp: string;
  readonly confidence?: Confidence;
  readonly score?: number;
  readonly why?: readonly string[];
}

export interface SearchAnswer {
  readonly results: readonly Found[];
  readonly total: number;
}

export interface ListAnswer {
  readonly diagnoses: readonly Found[];
  readonly total: number;
  readonly next?: string;
}

export interface Diagnosis {
  readonly id: string;
  readonly timestamp: string;
  readonly updatedAt?: string;
  readonly error: { readonly name?: string; readonly message?: string; readonly stack?: string };
  readonly fix?: string;
  readonly confidence?: number;
  readonly context?: string;
  readonly severity?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly links?: readonly string[];
}

export interface Known {
  readonly diagnosis: Diagnosis;
  readonly version: number;
  readonly confidence: Confidence;
  readonly occurrences: number;
}

export interface Change {
  readonly field: string;
  readonly version: number;
  readonly by?: string;
}

export interface Conflict extends Change {
  readonly yours: unknown;
  readonly theirs: unknown;
}

export interface Edited {
  readonly status: "applied" | "conflict";
  readonly diagnosis: Diagnosis;
  readonly version: number;
  readonly merged?: readonly Change[];
  readonly conflicts?: readonly Conflict[];
}

type Counts = Readonly<Record<string, number>>;

interface AskedQuery {
  readonly kind: string;
  readonly text: string;
  readonly count: number;
  readonly empty: number;
}

export interface Metrics {
  readonly "r2-storage"?: {
    readonly objects: number;
    readonly bytes: number;
    readonly where: string;
    readonly folders: Readonly<
      Record<string, { readonly objects: number; readonly bytes: number }>
    >;
  };
  readonly search?: {
    readonly searches: number;
    readonly empty: number;
    readonly p50: number | null;
    readonly p99: number | null;
    readonly popular: readonly AskedQuery[];
    readonly unanswered: readonly AskedQuery[];
  };
  readonly errors?: {
    readonly stored: number;
    readonly withoutFix: number;
    readonly trends: readonly {
      readonly name: string;
      readonly before: number;
      readonly now: number;
      readonly byDay: Counts;
    }[];
  };
  readonly learning?: {
    readonly outcomes: number;
    readonly worked: number;
    readonly successRate: number | null;
    readonly fixesTried: number;
    readonly fixesNeverTried: number;
    readonly workedByDay: Counts;
    readonly failedByDay: Counts;
  };
  readonly growth?: { readonly total: number; readonly inPeriod: number; readonly byDay: Counts };
}

export interface CostReport {
  readonly month: {
    readonly classA: Amount;
    readonly classB: Amount;
    readonly storage: Amount;
    readonly dollars: number;
  };
  readonly recommendations: readonly string[];
}

interface Amount {
  readonly amount: number;
  readonly dollars: number;
}
