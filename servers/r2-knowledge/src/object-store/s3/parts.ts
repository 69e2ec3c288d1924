import type { Clock } from "@trestle/protocol";
import type { Connection } from "./connection.ts";
import type { Lineage } from "./lineage.ts";

/** What every operation of a store works with. */
export interface Parts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly attempts: number;
  readonly lineage: Lineage;
  /** For messages: `bucket knowledge at https://…`. */
  readonly description: string;
}
