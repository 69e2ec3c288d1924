/** What tools of the database server answer, as far as the page reads it. */

export interface TableEntry {
  readonly schema: string;
  readonly name: string;
  readonly kind?: string;
  readonly estimatedRows?: number;
  readonly comment?: string;
  /** Each `name type`. */
  readonly columns?: readonly string[];
}

export interface TableList {
  readonly tables: readonly TableEntry[];
  readonly total: number;
  readonly truncated: boolean;
  readonly hint?: string;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: {
    readonly schema: string;
    readonly table: string;
    readonly columns: readonly string[];
  };
}

export interface TableDetail {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly estimatedRows?: number;
  readonly comment?: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly nullable: boolean;
    readonly default?: string;
    readonly comment?: string;
  }[];
  readonly primaryKey?: readonly string[];
  readonly foreignKeys?: readonly ForeignKey[];
  readonly referencedBy?: readonly {
    readonly schema: string;
    readonly table: string;
    readonly columns: readonly string[];
  }[];
  readonly indexes?: readonly { readonly name: string; readonly definition: string }[];
  readonly constraints?: readonly string[];
}

export interface RowPage {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number;
  readonly truncated: boolean;
  readonly nextOffset?: number;
  readonly command?: string;
  readonly affectedRows?: number | null;
}

export interface Plan {
  readonly plan: unknown;
  readonly analyzed: boolean;
}
