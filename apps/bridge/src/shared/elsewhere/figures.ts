import type { JsonObject } from "@trestle/protocol";
import type { MetricQuery, MetricsStore } from "../../state/metrics/metrics.ts";
import { packGroups, unpackGroups } from "../../state/metrics/packed-groups.ts";
import type { OtherGroups } from "../../state/metrics/reader.ts";
import type { Peers } from "../peers.ts";
import type { AskOthers } from "./ask-all.ts";

const GROUPS = "metrics/groups";

/** Lets other bridges add the figures of this one to theirs. */
export function answerFigures(peers: Pick<Peers, "answer">, metrics: MetricsStore): void {
  peers.answer(GROUPS, async ({ payload }) => ({
    groups: packGroups(await metrics.groups(payload as MetricQuery)),
  }));
}

export async function figuresOf(others: AskOthers, query: MetricQuery): Promise<OtherGroups> {
  const { answers, silent } = await others.all(GROUPS, query as JsonObject);
  return {
    lists: answers.map(({ answer }) => unpackGroups(answer.groups as JsonObject[])),
    silent: silent.map((replica) => `the bridge ${replica}`),
  };
}
