import type { IncomingMessage } from "node:http";
import type { Principal } from "@trestle/protocol";
import {
  type Authenticate,
  type AuthRefusal,
  type Presented,
  readPresented,
} from "./authenticate.ts";

/** Lets whoever authenticates take somebody out again who was let in. */
export interface Standing {
  /** Calls the listener when who may call has changed. Returns the function that ends it. */
  onChange(listener: () => void): () => void;
  /** Would this still be let in, and as that principal? Asked of all who are being answered, at each change. */
  holds(presented: Presented, principalId: string): boolean;
}

/** What goes on with whoever was let in: an answer, or a connection that was handed over. */
export interface Ongoing {
  readonly req: IncomingMessage;
  destroy(): unknown;
}

/** Who was let in with which request. */
export interface Admitted {
  authenticate(request: IncomingMessage): Principal | AuthRefusal;
  /** Cuts off from now on whoever may not stay. */
  follow(standing: Standing, ongoing: () => readonly Ongoing[]): () => void;
}

export function createAdmitted(authenticate: Authenticate): Admitted {
  const ids = new WeakMap<IncomingMessage, string>();

  function mayStay(request: IncomingMessage, { holds }: Standing): boolean {
    const id = ids.get(request);
    return id === undefined || holds(readPresented(request), id);
  }

  return {
    authenticate(request) {
      const verdict = authenticate(readPresented(request));
      if (!("refused" in verdict)) ids.set(request, verdict.id);
      return verdict;
    },
    follow: (standing, ongoing) =>
      standing.onChange(() => {
        for (const each of ongoing()) if (!mayStay(each.req, standing)) each.destroy();
      }),
  };
}
