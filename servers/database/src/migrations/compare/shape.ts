/** What a schema is made of, in texts that do not depend on the schema's name. */
export interface SchemaShape {
  /** Of this form: a saved one may be older than the program that reads it. */
  readonly format: 1;
  readonly schema: string;
  readonly enums: readonly EnumShape[];
  readonly domains: readonly NamedDefinition[];
  readonly sequences: readonly SequenceShape[];
  readonly functions: readonly NamedDefinition[];
  readonly tables: readonly TableShape[];
  /** In the order in which they were made: each may read those before it. */
  readonly views: readonly NamedDefinition[];
}

/** Something and the SQL that makes it. */
export interface NamedDefinition {
  readonly name: string;
  readonly definition: string;
}

export interface EnumShape {
  readonly name: string;
  readonly values: readonly string[];
}

export interface SequenceShape extends NamedDefinition {
  /** `table.column` that it ends with. */
  readonly owner: string | null;
}

export interface TableShape {
  readonly name: string;
  readonly kind: "table" | "partitioned table" | "partition" | "foreign table";
  /** How it is cut, or what part it is. */
  readonly partition: string | null;
  readonly columns: readonly ColumnShape[];
  readonly constraints: readonly ConstraintShape[];
  /** Those that no constraint keeps. */
  readonly indexes: readonly NamedDefinition[];
  readonly triggers: readonly NamedDefinition[];
  readonly policies: readonly NamedDefinition[];
  readonly rowSecurity: boolean;
}

export interface ColumnShape {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | null;
  /** The expression of a generated column. */
  readonly generated: string | null;
  readonly identity: "always" | "by default" | null;
}

export interface ConstraintShape extends NamedDefinition {
  readonly kind: "primary key" | "unique" | "check" | "foreign key" | "exclusion";
}
