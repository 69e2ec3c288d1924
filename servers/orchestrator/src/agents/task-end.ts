import type { JsonValue } from "@trestle/protocol";
import type { Spending } from "./budget.ts";

/** How an agent's work on a task ended. */
export type TaskEnd =
  | { readonly kind: "done"; readonly result: JsonValue; readonly spent: Spending }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly retry: boolean;
      readonly spent: Spending;
    }
  /** Somebody else has it. */
  | { readonly kind: "lost" };
