import type { IncomingMessage } from "node:http";
import type { Principal } from "@trestle/protocol";
import type { Authenticate, AuthRefusal, Presented } from "./authenticate.ts";

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
  /** Whom the request was let in as. */
  idOf(request: IncomingMessage): string | undefined;
  /** Was the request refused since it shows nothing that tells who sent it? */
  isStranger(request: IncomingMessage): boolean;
  /** Cuts off from now on whoever may not stay. */
  follow(standing: Standing, ongoing: () => readonly Ongoing[]): () => void;
}

/** On the request itself: a weak map of all requests costs each of them several times more. */
const LET_IN_AS = Symbol("let in as");
const IS_STRANGER = Symbol("is a stranger");

type Known = IncomingMessage & { [LET_IN_AS]?: string; [IS_STRANGER]?: boolean };

export function createAdmitted(
  authenticate: Authenticate,
  presentedBy: (request: IncomingMessage) => Presented,
): Admitted {
  const idOf = (request: Known): string | undefined => request[LET_IN_AS];

  function mayStay(request: IncomingMessage, { holds }: Standing): boolean {
    const id = idOf(request);
    return id === undefined || holds(presentedBy(request), id);
  }

  return {
    idOf,
    isStranger: (request: Known) => request[IS_STRANGER] === true,
    authenticate(request: Known) {
      const verdict = authenticate(presentedBy(request));
      if (!("refused" in verdict)) request[LET_IN_AS] = verdict.id;
      else if (verdict.refused === "missing") request[IS_STRANGER] = true;
      return verdict;
    },
    follow: (standing, ongoing) =>
      standing.onChange(() => {
        for (const each of ongoing()) if (!mayStay(each.req, standing)) each.destroy();
      }),
  };
}
