import { serverChanges } from "./config/changes.ts";
import type { LiveConfig } from "./config/live.ts";
import { createPolicySettings, type PolicySettings } from "./config/policy.ts";
import type { Autotune } from "./learning/advice/autotune.ts";
import type { Pipeline } from "./pipeline.ts";

/** The settings of the configuration as it stands, and as the bridge tuned them itself. */
export function followSettings(
  live: LiveConfig,
  tuned?: Pick<Autotune, "over" | "subscribe">,
): () => PolicySettings {
  const read = () => createPolicySettings(tuned?.over(live.current()) ?? live.current());
  let settings = read();
  const readAnew = (): void => {
    settings = read();
  };
  live.subscribe(readAnew);
  tuned?.subscribe(readAnew);
  return () => settings;
}

/** What was learnt under an earlier configuration, and would be wrong under this one. */
export function forgetWhatChanged(live: LiveConfig, pipeline: Pipeline): void {
  live.subscribe((next, before) => {
    const { changed, removed } = serverChanges(before, next);
    // Answers hold addresses as they were exposed.
    const isReworded = next.catalog.prefix !== before.catalog.prefix;
    const others = isReworded ? next.servers.map(({ id }) => id) : changed;
    for (const id of [...others, ...removed]) pipeline.forget(id);
    const { enabled } = next.policy.cache;
    // Only a word that is new: until then, whoever switched it by hand is right.
    if (enabled !== before.policy.cache.enabled) pipeline.cache.setEnabled(enabled !== false);
  });
}
