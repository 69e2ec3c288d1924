import { TrestleError } from "@trestle/protocol";
import { notReached, outcomeUnknown } from "../faults.ts";
import type { Link } from "../json-rpc/link.ts";
import { createPipeLink, type Pipe, type PipeLink } from "../json-rpc/pipe-link.ts";
import { readEvents } from "../sse/read-events.ts";
import { isBroken } from "./exchange.ts";
import { isSuccess, toFailure } from "./status.ts";
import type { HttpLinkOptions } from "./streamable-link.ts";

/** The old HTTP+SSE transport (2024-11-05): one GET stream to us, POSTs to the address that it names. */
export async function openSseLink(options: HttpLinkOptions, signal: AbortSignal): Promise<Link> {
  const { upstream, exchange, headers, clock } = options;
  const closing = new AbortController();
  const stop = () => closing.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const answer = await exchange.send(exchange.url, {
      method: "GET",
      headers: { ...headers, accept: "text/event-stream" },
      signal: closing.signal,
    });
    if (answer.status !== 200)
      throw await toFailure(answer, { upstream, url: exchange.url, method: "GET", clock });
    const endpoint = Promise.withResolvers<URL>();
    const pipe = createPostPipe(endpoint.promise, closing, options);
    const link = createPipeLink({ upstream, pipe, log: options.log });
    readEvents(answer.stream, {
      onEvent({ event, data }) {
        if (event === "endpoint") endpoint.resolve(new URL(data, exchange.url));
        else link.receive(data);
      },
    }).then(
      () => streamEnded(link, endpoint.reject),
      () => streamEnded(link, endpoint.reject),
    );
    assertSameOrigin(await endpoint.promise, options);
    return link;
  } catch (error) {
    closing.abort();
    exchange.close();
    if (signal.aborted) throw signal.reason;
    throw isBroken(error) ? notReached(upstream, exchange.url.host, error) : error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function streamEnded(link: PipeLink, reject: (error: Error) => void): void {
  const loss = { what: "closed its event stream" };
  link.lose(loss);
  reject(new Error(loss.what));
}

function assertSameOrigin(endpoint: URL, { upstream, exchange }: HttpLinkOptions): void {
  if (endpoint.origin === exchange.url.origin) return;
  exchange.refuse(endpoint);
  throw new TrestleError(
    "denied",
    `Upstream "${upstream}" wants messages sent to ${endpoint.origin}, which is not where it was asked. That is not followed.`,
    { details: { upstream } },
  );
}

function createPostPipe(
  endpoint: Promise<URL>,
  closing: AbortController,
  { upstream, exchange, headers, clock }: HttpLinkOptions,
): Pipe {
  async function post(body: string): Promise<void> {
    const url = await endpoint;
    const answer = await exchange.send(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
      signal: closing.signal,
    });
    if (!isSuccess(answer)) throw await toFailure(answer, { upstream, url, method: "POST", clock });
    answer.stream.resume();
  }
  function toFault(error: unknown): Error {
    if (!isBroken(error)) return error as Error;
    const { host } = exchange.url;
    if (!error.sent) return notReached(upstream, host, error);
    return outcomeUnknown(upstream, "a request", {
      what: `broke off at ${host} (${error.message})`,
    });
  }

  return {
    send(frame, done) {
      post(frame).then(
        () => done(),
        (error) => done(toFault(error)),
      );
      return () => false;
    },
    async close() {
      closing.abort();
      exchange.close();
    },
  };
}
