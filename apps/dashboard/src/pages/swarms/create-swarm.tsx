import { type FormEvent, useState } from "react";
import type { CreateSwarm } from "../../api/generated.ts";
import { useReadAgain } from "../../api/orchestrator.ts";
import { useDo } from "../../api/queries.ts";
import { useGo } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";

export interface CreateSwarmDialogProps {
  readonly open: boolean;
  readonly close: () => void;
  readonly joinKey: string | undefined;
  readonly setJoinKey: (key: string | undefined) => void;
}

const TOPOLOGIES = [
  { value: "mesh", label: "Mesh: everybody reaches everybody" },
  { value: "star", label: "Star: all by the coordinator" },
  { value: "ring", label: "Ring: each the next" },
  { value: "hierarchical", label: "Hierarchy: parents and children" },
];
const STRATEGIES = [
  { value: "parallel", label: "Parallel: whoever asks" },
  { value: "sequential", label: "Sequential: one task at a time" },
  { value: "balanced", label: "Balanced: equal shares" },
  { value: "adaptive", label: "Adaptive: as many as go well" },
];

interface Draft {
  readonly name: string;
  readonly topology: CreateSwarm["topology"];
  readonly strategy: CreateSwarm["strategy"];
  readonly maxAgents: string;
  readonly calls: string;
  readonly tokens: string;
}

const EMPTY: Draft = {
  name: "",
  topology: "mesh",
  strategy: "parallel",
  maxAgents: "8",
  calls: "",
  tokens: "",
};

/** Makes a swarm, and shows the key to join it once. */
export function CreateSwarmDialog({ open, close, joinKey, setJoinKey }: CreateSwarmDialogProps) {
  const [made, setMade] = useState<string>();
  const go = useGo();
  const done = (): void => {
    setJoinKey(undefined);
    close();
    if (made !== undefined) go(`/swarms/${made}`);
  };
  if (joinKey !== undefined) {
    return (
      <Dialog
        open={open}
        onOpenChange={(next) => !next && done()}
        title="It is there"
        description="Callers other than you join it by this key, which is shown once."
        actions={
          <Button look="primary" onClick={done}>
            Go to it
          </Button>
        }
      >
        <Code label="Key to join">{joinKey}</Code>
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onOpenChange={(next) => !next && close()} title="Create a swarm">
      <SwarmForm
        made={(swarm) => {
          setMade(swarm.swarm);
          setJoinKey(swarm.joinKey);
        }}
      />
    </Dialog>
  );
}

function SwarmForm({ made }: { readonly made: (swarm: CreateSwarm) => void }) {
  const [draft, setDraft] = useState(EMPTY);
  const creating = useDo("POST swarm/create");
  const readAgain = useReadAgain();
  const toasts = useToasts();
  const set = (name: keyof Draft) => (event: { readonly target: { readonly value: string } }) =>
    setDraft({ ...draft, [name]: event.target.value });
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    creating.mutate(
      { body: bodyOf(draft) },
      {
        onSuccess: (swarm) => {
          made(swarm);
          void readAgain();
        },
        onError: (error) => toasts.failed("It is not created", error),
      },
    );
  };
  return (
    <form className="swarms-form" onSubmit={onSubmit}>
      <TextField label="Name" value={draft.name} onChange={set("name")} autoComplete="off" />
      <SelectField
        label="Topology"
        value={draft.topology}
        choices={TOPOLOGIES}
        onChange={(value) => set("topology")({ target: { value } })}
      />
      <SelectField
        label="Strategy"
        value={draft.strategy}
        choices={STRATEGIES}
        onChange={(value) => set("strategy")({ target: { value } })}
      />
      <TextField
        label="Agents at most"
        inputMode="numeric"
        value={draft.maxAgents}
        onChange={set("maxAgents")}
      />
      <TextField
        label="Calls at most"
        hint="Of all agents together; without limit where it is empty."
        inputMode="numeric"
        value={draft.calls}
        onChange={set("calls")}
      />
      <TextField
        label="Tokens at most"
        inputMode="numeric"
        value={draft.tokens}
        onChange={set("tokens")}
      />
      <Button type="submit" look="primary" busy={creating.isPending}>
        Create it
      </Button>
    </form>
  );
}

function bodyOf({ name, topology, strategy, maxAgents, calls, tokens }: Draft) {
  const budget = {
    ...(calls.trim() && { calls: Number(calls) }),
    ...(tokens.trim() && { tokens: Number(tokens) }),
  };
  return {
    ...{ topology, strategy, budget },
    ...(name.trim() && { name: name.trim() }),
    ...(maxAgents.trim() && { maxAgents: Number(maxAgents) }),
  };
}
