import type { Attack } from "./_attack.ts";
import { credentials, files, sideEffects, texts } from "./functions.ts";
import { code, codeStatements, hidden } from "./inside-reads.ts";
import { control, stacked, writes } from "./statements.ts";

export type { Attack } from "./_attack.ts";

/** Every attack, by what it tries. */
export const corpus: Readonly<Record<string, readonly Attack[]>> = {
  "several statements": stacked,
  "transactions and settings": control,
  writes,
  "writes inside reads": hidden,
  "code of the database": code,
  "code as a statement": codeStatements,
  "functions that act": sideEffects,
  files,
  "SQL as text": texts,
  credentials,
};
