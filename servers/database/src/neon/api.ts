import type { NeonClient } from "@neon/sdk";
import { type Clock, TrestleError } from "@trestle/protocol";
import { toNeonFailure } from "./failures.ts";
import { createPatientFetch } from "./patient-fetch.ts";

export type NeonSdk = NeonClient<true>;

type Work<Result> = (sdk: NeonSdk, options: { signal: AbortSignal }) => Promise<Result>;

/**
 * Neon's management API through its official SDK, which retries and waits until what was asked for is
 * ready. Throws `invalid_config` without a key, else what Neon's answer means.
 */
export interface NeonApi {
  /** Asks, and may ask again. */
  read<Result>(work: Work<Result>, signal: AbortSignal): Promise<Result>;
  /** Changes something, named as `create the branch "x"`. Where an answer was lost, `outcome_unknown`. */
  change<Result>(deed: string, work: Work<Result>, signal: AbortSignal): Promise<Result>;
}

export interface NeonApiParts {
  readonly apiKey: string | undefined;
  readonly baseUrl: string;
  readonly clock: Clock;
}

export const API_KEYS_PAGE = "https://console.neon.tech/app/settings/api-keys";

const REQUEST_TIMEOUT_MS = 30_000;
/** Most operations of Neon are done in one to five seconds. */
const WAIT = { pollIntervalMs: 250, timeoutMs: 120_000 };

export function createNeonApi({ apiKey, baseUrl, clock }: NeonApiParts): NeonApi {
  let opening: Promise<NeonSdk> | undefined;

  async function open(): Promise<NeonSdk> {
    if (apiKey === undefined) {
      throw new TrestleError(
        "invalid_config",
        `Neon's tools need an API key: make one at ${API_KEYS_PAGE} and set NEON_API_KEY to it.`,
      );
    }
    const { createNeonClient } = await import("@neon/sdk");
    return createNeonClient({
      apiKey,
      baseUrl,
      throwOnError: true,
      waitForReadiness: true,
      wait: WAIT,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      fetch: createPatientFetch(clock),
    });
  }

  async function run<Result>(
    work: Work<Result>,
    signal: AbortSignal,
    deed?: string,
  ): Promise<Result> {
    opening ??= open();
    const sdk = await opening.catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    try {
      return await work(sdk, { signal });
    } catch (error) {
      throw toNeonFailure(error, deed);
    }
  }

  return {
    read: (work, signal) => run(work, signal),
    change: (deed, work, signal) => run(work, signal, deed),
  };
}
