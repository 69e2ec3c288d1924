import type { Agent } from "../../model/record.ts";
import { DAY_MS } from "../commit/sums.ts";

/** Words of the index that are no text: what searches are narrowed by. */
export const agentTag = (agent: Agent): string => agent.replace("-", "");
export const dayTag = (at: number): string => `d${Math.floor(at / DAY_MS)}`;
