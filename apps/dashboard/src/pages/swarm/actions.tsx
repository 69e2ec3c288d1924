import { type FormEvent, useState } from "react";
import type { GetSwarm } from "../../api/generated.ts";
import { useLeftOut, useOrchestratorDo } from "../../api/orchestrator.ts";
import { useGo } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm, Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";

export function SwarmActions({ swarm }: { readonly swarm: GetSwarm }) {
  const [asks, setAsks] = useState<"scale" | "destroy">();
  const destroying = useOrchestratorDo("destroy_swarm");
  const scaleRefused = useLeftOut(["scale_swarm"])?.reason;
  const toasts = useToasts();
  const go = useGo();
  const name = swarm.name || swarm.swarm;
  const destroy = (): void =>
    destroying.mutate(
      { swarm: swarm.swarm },
      {
        onSuccess: () => {
          toasts.done(`${name} is destroyed`);
          go("/swarms");
        },
        onError: (error) => toasts.failed(`${name} is not destroyed`, error),
      },
    );
  return (
    <>
      <Button disabled={scaleRefused} onClick={() => setAsks("scale")}>
        Scale
      </Button>
      <Button
        look="danger"
        icon="trash"
        disabled={destroying.refused}
        onClick={() => setAsks("destroy")}
      >
        Destroy
      </Button>
      {asks === "scale" && <Scale swarm={swarm} close={() => setAsks(undefined)} />}
      <Confirm
        open={asks === "destroy"}
        onOpenChange={(open) => !open && setAsks(undefined)}
        title={`Destroy ${name}?`}
        verb="Destroy it"
        danger
        busy={destroying.isPending}
        onConfirm={destroy}
      >
        The work of all its agents ends, and all its results are forgotten.
      </Confirm>
    </>
  );
}

/** What can be changed of a swarm that works: an empty field is left as it is. */
function Scale({ swarm, close }: { readonly swarm: GetSwarm; readonly close: () => void }) {
  const [draft, setDraft] = useState({
    maxAgents: String(swarm.maxAgents),
    agents: "",
    calls: String(swarm.budget.calls ?? ""),
    tokens: String(swarm.budget.tokens ?? ""),
  });
  const scaling = useOrchestratorDo("scale_swarm");
  const toasts = useToasts();
  const field = (name: keyof typeof draft, label: string) => (
    <TextField
      label={label}
      inputMode="numeric"
      value={draft[name]}
      onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
    />
  );
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const { maxAgents, agents, ...limits } = draft;
    const budget = numbersOf(limits);
    scaling.mutate(
      {
        swarm: swarm.swarm,
        ...numbersOf({ maxAgents, agents }),
        ...(Object.keys(budget).length > 0 && { budget }),
      },
      { onSuccess: close, onError: (error) => toasts.failed("It stays as it was", error) },
    );
  };
  return (
    <Dialog open onOpenChange={(open) => !open && close()} title="Scale the swarm" size="s">
      <form className="swarm-write" onSubmit={onSubmit}>
        {field("maxAgents", "Agents at most")}
        {swarm.crew && field("agents", "Of its crew")}
        {field("calls", "Calls at most")}
        {field("tokens", "Tokens at most")}
        <Button type="submit" look="primary" busy={scaling.isPending}>
          Scale it
        </Button>
      </form>
    </Dialog>
  );
}

function numbersOf(texts: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text.trim() !== "")
      .map(([name, text]) => [name, Number(text)]),
  );
}
