import type { Cursor } from "../store/tracker-store.ts";

/** What became of a piece. */
export type Delivery =
  | {
      readonly kind: "stored";
      /** The last line may go on in the next: it is delivered again, without lines, once it is quiet. */
      readonly isWaiting?: boolean;
    }
  /** Another reader moved the cursor: go on from there. */
  | { readonly kind: "moved"; readonly cursor: Cursor | undefined };
