import { lookup } from "node:dns/promises";
import { type Clock, isTrestleError, systemClock } from "@trestle/protocol";
import type { HubEvent } from "../hub/event.ts";
import { type Resolve, resolveDestination } from "./destination.ts";
import { toOutgoing } from "./forms.ts";
import { post } from "./send.ts";
import type { WebhookTarget } from "./target.ts";
import { isRedirect, judgeAnswer, judgeError, type Verdict } from "./verdict.ts";

export interface SenderOptions {
  /** Hosts (`name` or `name:port`) that may be private and may be called without TLS; read anew at each attempt. */
  readonly allowHosts?: readonly string[] | undefined;
  /** How long one attempt may take; 10,000 by default. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock;
  readonly resolve?: Resolve | undefined;
  /** Told of each host that is not called, or that sends us elsewhere. */
  readonly onRefused?: ((host: string) => void) | undefined;
  /** Ends what is being sent. */
  readonly signal: AbortSignal;
}

/** An event on its way; receivers know it again by its id, which is the same at each attempt. */
export interface Sendable {
  readonly id: string;
  readonly event: HubEvent;
}

const TIMEOUT_MS = 10_000;

/** Makes one attempt at a time, and never throws: the verdict says what is to be done. */
export function createSender(
  options: SenderOptions,
): (what: Sendable, to: Pick<WebhookTarget, "url" | "form">) => Promise<Verdict> {
  const { clock = systemClock, signal } = options;
  const resolve = options.resolve ?? ((hostname) => lookup(hostname, { all: true }));
  return async (what, { url, form }) => {
    const { allowHosts = [], timeoutMs = TIMEOUT_MS } = options;
    try {
      const destination = await resolveDestination(url, { resolve, allowHosts });
      const outgoing = toOutgoing(what, form, clock.now());
      const answer = await post(destination, outgoing, { timeoutMs, clock, signal });
      if (isRedirect(answer)) options.onRefused?.(destination.url.host);
      return judgeAnswer(answer);
    } catch (error) {
      if (isTrestleError(error) && error.code === "denied") {
        options.onRefused?.(URL.parse(url)?.host ?? "");
      }
      return judgeError(error);
    }
  };
}
