/** What tools of the objects server answer, as far as its pages read it. */

export interface ObjectClass {
  readonly name: string;
  readonly description: string;
  /** Only where one class is asked for. */
  readonly initial?: Readonly<Record<string, unknown>>;
  readonly methods: readonly Method[];
}

export interface Method {
  readonly name: string;
  readonly description: string;
  readonly isReadOnly: boolean;
  readonly input?: Readonly<Record<string, unknown>>;
}

export interface Classes {
  readonly classes: readonly ObjectClass[];
}

export interface Summary {
  readonly class: string;
  readonly id: string;
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ObjectList {
  readonly objects: readonly Summary[];
  readonly cursor?: string;
}

export interface ObjectState extends Summary {
  readonly state: unknown;
}

export interface Change {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly method?: string;
  readonly caller?: string;
  readonly callId?: string;
  readonly events?: readonly unknown[];
}

export interface ObjectHistory {
  readonly events: readonly Change[];
  readonly seq: number;
  readonly complete: boolean;
}

export interface Called {
  readonly seq: number;
  readonly result: unknown;
  readonly changed: boolean;
}
