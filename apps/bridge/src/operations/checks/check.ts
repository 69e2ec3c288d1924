import type { Core } from "../../core.ts";

/** One thing that doctor looked at: as it should be, to be looked at one day, or wrong. */
export type Check = {
  readonly name: string;
  readonly message: string;
} & (
  | { readonly status: "ok" }
  | {
      readonly status: "warn" | "fail";
      /** The one next step. */
      readonly next: string;
    }
);

/** Looks at one thing. Never throws: what cannot be looked at is a check that failed. */
export type Look = (core: Core) => Check | readonly Check[] | Promise<Check | readonly Check[]>;
