import type { Clock, JsonObject, Principal } from "@trestle/protocol";
import type { Core } from "../../core.ts";
import type { ChainRun } from "../../state/chains/chains.ts";
import type { HistorySource } from "../../state/history/source.ts";
import type { MetricQuery } from "../../state/metrics/metrics.ts";
import type { OtherGroups } from "../../state/metrics/reader.ts";
import type { Records } from "../../state/records.ts";
import type { ResultReader, ResultStore } from "../../state/results.ts";
import type { Shared } from "../shared.ts";
import { type AllAnswers, type AskOthers, createAskOthers } from "./ask-all.ts";
import { answerFigures, figuresOf } from "./figures.ts";
import { answerHistory, historiesOf } from "./histories.ts";
import { shareResults } from "./results.ts";

/** What the other bridges of one Redis know, and this one tells them. */
export interface Elsewhere extends AskOthers {
  histories(): readonly HistorySource[];
  figures(query: MetricQuery): Promise<OtherGroups>;
  /** A chain that one of them ran. */
  chain(id: string): Promise<ChainRun | undefined>;
  /** Results that they keep, besides those here. */
  results(own: ResultStore): ResultReader;
  /** What each of them would tell this caller of itself. */
  statistics(principal: Principal): Promise<AllAnswers>;
}

const STATISTICS = "statistics";
const CHAIN = "chains/get";

export interface ElsewhereParts {
  readonly shared: Shared;
  readonly records: Pick<Records, "history" | "metrics" | "chains">;
  readonly clock: Clock;
  readonly core: () => Core;
}

export function openElsewhere({ shared, records, clock, core }: ElsewhereParts): Elsewhere {
  const ask = createAskOthers(shared, clock);
  answerHistory(shared.peers, records.history);
  answerFigures(shared.peers, records.metrics);
  shared.peers.answer(CHAIN, async ({ payload }) => {
    const chain = await records.chains.get(String(payload.id));
    return chain === undefined ? {} : { chain: chain as unknown as JsonObject };
  });
  shared.peers.answer(STATISTICS, async ({ payload }) => {
    const { ownStatistics } = await import("../../operations/stats.ts");
    return ownStatistics(payload as unknown as Principal, core());
  });
  return {
    ...ask,
    histories: () => historiesOf(ask),
    figures: (query) => figuresOf(ask, query),
    async chain(id) {
      const found = await ask.find(CHAIN, { id }, ({ chain }) => chain !== undefined);
      return found?.answer.chain as unknown as ChainRun | undefined;
    },
    results: (own) => shareResults(shared.peers, ask, own),
    statistics: ({ id, kind, scopes }) =>
      ask.all(STATISTICS, { id, kind, ...(scopes && { scopes: [...scopes] }) } as JsonObject),
  };
}
