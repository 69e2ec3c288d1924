import type { IncomingMessage, ServerResponse } from "node:http";
import type { Admitted } from "./admitted.ts";
import type { Presented } from "./authenticate.ts";

/** A request that was refused whatever it wanted. */
export interface RefusedRequest {
  readonly status: number;
  /** Where the status does not say it all. */
  readonly reason?: string;
  readonly address: string;
  /** Whom it was let in as, if it was. */
  readonly principal?: string;
}

export interface TellRefusedParts {
  readonly onRefused?: ((refused: RefusedRequest) => void) | undefined;
  readonly admitted: Pick<Admitted, "idOf" | "isStranger">;
  readonly presentedBy: (request: IncomingMessage) => Presented;
}

/** Tells of refused requests. */
export interface TellRefused {
  /** It may not come in, whoever sent it. */
  foreign(request: IncomingMessage, reason: string): void;
  /** It shows nothing of who sent it, and was turned away where nobody may come in without. */
  stranger(request: IncomingMessage): void;
  /** The answer is over: was it one of these, or one of the form of a request? */
  answered(response: ServerResponse): void;
}

/** Refusals of what a request is, not of whom it is from. */
const FORM = [400, 404, 405, 406, 413, 415];

export function createTellRefused(parts: TellRefusedParts): TellRefused {
  const { onRefused, admitted, presentedBy } = parts;
  const addressOf = (request: IncomingMessage): string => presentedBy(request).remoteAddress;

  function stranger(request: IncomingMessage): void {
    const { remoteAddress: address, session } = presentedBy(request);
    onRefused?.({ status: 401, reason: session ? "session" : "missing", address });
  }

  return {
    foreign(request, reason) {
      onRefused?.({ status: 403, reason, address: addressOf(request) });
    },
    stranger,
    answered({ req, statusCode: status, headersSent }) {
      if (!onRefused || !headersSent) return;
      // Some doors let strangers in, so that only the answer says whether one was turned away.
      if (status === 401 && admitted.isStranger(req)) stranger(req);
      if (!FORM.includes(status)) return;
      const principal = admitted.idOf(req);
      const address = addressOf(req);
      onRefused({ status, address, ...(principal !== undefined && { principal }) });
    },
  };
}
