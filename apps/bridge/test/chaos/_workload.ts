import { isGood, isUnknowable, type Principal } from "./_asking.ts";
import { createWorks, type Deed, executionOf, type Kind, type WorkParts } from "./_works.ts";

export interface Performance {
  readonly kind: Kind;
  readonly who: Principal;
  /** Of bridges, the one that serves it; without it, any. */
  readonly through?: number;
  /** What may be asked again is, until then. */
  isOver(): boolean;
}

export interface Workload {
  readonly deeds: readonly Deed[];
  /** Does one, and resolves when it has come to something. */
  perform(performance: Performance): Promise<Deed>;
  /** Asks once more, with the same key, for what may be asked twice and was not acknowledged: it is done in the end. */
  settle(ms: number): Promise<void>;
}

/** A key of the caller's own names what is to be done, so that it can be asked for again. */
const REPEATABLE: ReadonlySet<Kind> = new Set<Kind>(["once", "workflow", "increment"]);

/** What may be asked for once more, and has to be done then. */
export function openOf(deeds: readonly Deed[]): Deed[] {
  return deeds.filter(
    ({ kind, isAcknowledged, isUnknowable: isLost }) =>
      REPEATABLE.has(kind) && !isAcknowledged && isLost !== true,
  );
}

export function createWorkload(parts: Omit<WorkParts, "deeds">): Workload {
  const deeds: Deed[] = [];
  const works = createWorks({ ...parts, deeds });
  const { bridges } = parts;

  async function carryOut(deed: Deed, isOver: () => boolean): Promise<void> {
    const answer = await works[deed.kind](deed, isOver);
    const executionId = executionOf(answer);
    if (executionId !== undefined) deed.executionId = executionId;
    deed.isAcknowledged = isGood(answer);
    deed.isUnknowable = isUnknowable(answer);
    if (!deed.isAcknowledged) deed.said = `${answer.status} ${JSON.stringify(answer.body.error)}`;
  }

  return {
    deeds,
    async perform({ kind, who, through, isOver }) {
      const key = `${who.canary}-${kind}-${deeds.length}`;
      const bridge = through ?? deeds.length % bridges.length;
      const deed: Deed = {
        ...{ kind, who, key, at: Date.now(), isAcknowledged: false, bridge, through },
      };
      deeds.push(deed);
      await carryOut(deed, isOver);
      return deed;
    },
    async settle(ms) {
      const end = performance.now() + ms;
      const open = openOf(deeds);
      await Promise.all(open.map((deed) => carryOut(deed, () => performance.now() >= end)));
    },
  };
}
