// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonObject } from "@trestle/protocol";
import type { SeededRandom } from "@trestle/testkit/surroundings";

/** A graph whose end does not depend on when its calls end: every failure is tolerated. */
export function randomWorkflow(random: SeededRandom, id: string): JsonObject {
  const count = 2 + random.below(8);
  const steps = Array.from({ length: count }, (_, index) => randomStep(random, index));
  return { id, parallel: true, maxConcurrency: 1 + random.below(4), steps };
}

function randomStep(random: SeededRandom, index: number): JsonObject {
  const earlier = Array.from({ length: index }, (_, each) => `n${each}`);
  const dependsOn = earlier.filter(() => random.next() < 0.3);
  const refers = earlier.filter(() => random.next() < 0.2).map((each) => `\${results.${each}.key}`);
  const onError = random.pick(["continue", "skip"]);
  const id = `n${index}`;
  if (random.next() < 0.1) return { id, type: "wait", for: random.below(30), dependsOn, onError };
  return {
    id,
    server: "s",
    tool: "t",
    arguments: { id, refers },
    dependsOn,
    onError,
    retry: { attempts: 1 + random.below(3), backoff: 10 },
    ...(random.next() < 0.3 ? { forEach: [1, 2, 3].slice(0, random.below(4)) } : {}),
  };
}

/** Does a call under this key fail? The same in every process and however often it is made. */
export function fails(key: string): boolean {
  let hash = 7;
  for (const character of key) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % 7 === 0;
}
