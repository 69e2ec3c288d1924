import { ApiFailure } from "../../api/failure.ts";
import type { RowPage } from "./shapes.ts";

/** What came of a statement. */
export type Asked =
  | {
      readonly kind: "rows";
      readonly sql: string;
      readonly page: RowPage;
      readonly offset: number;
    }
  | {
      readonly kind: "plan";
      readonly sql: string;
      readonly plan: unknown;
      readonly analyzed: boolean;
    }
  | { readonly kind: "failure"; readonly sql: string; readonly message: string }
  | { readonly kind: "question"; readonly sql: string; readonly confirm: string };

/** Where the server wants a person's word before it runs something: what it wants to hear. */
export function confirmationOf(error: unknown): string | undefined {
  if (!(error instanceof ApiFailure)) return undefined;
  const inner = error.details.details as { readonly confirm?: unknown } | undefined;
  return typeof inner?.confirm === "string" ? inner.confirm : undefined;
}
