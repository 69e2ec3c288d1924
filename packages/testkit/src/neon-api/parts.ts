import type { Databases } from "./databases.ts";
import type { OperationSteps } from "./operations.ts";
import type { World } from "./world.ts";

export interface Request {
  /** Of the path, in its order: project, branch. */
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What the answers are made from. */
export interface Parts {
  readonly world: World;
  readonly databases: Databases;
  readonly steps: OperationSteps;
  readonly options: {
    /** In the names of the real databases, so that several may run at once. */
    readonly prefix: string;
    readonly role: string;
    readonly orgRequired: boolean;
    readonly expiry: boolean;
  };
}
