import { useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { useDo } from "../../api/queries.ts";
import { useGo } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { EntryForm } from "./entry-form.tsx";
import { FromApp } from "./from-app.tsx";
import { FromFile } from "./from-file.tsx";
import { PasteEntry } from "./paste-entry.tsx";
import type { NamedEntry } from "./pasted.ts";

export interface AddServerProps {
  /** The tab that is open: `form`, `paste`, `host`. */
  readonly way: string | undefined;
  readonly choose: (way: string) => void;
}

/** Three ways to add servers, which end in the same. */
export function AddServer({ way, choose }: AddServerProps) {
  const { add, busy, problem } = useAdding(() => choose(""));
  return (
    <Dialog
      open={Boolean(way)}
      onOpenChange={(open) => !open && choose("")}
      title="Add a server"
      size="m"
      description={problem && <span className="servers-refused">{problem}</span>}
    >
      <Tabs
        label="How to add it"
        value={way || "form"}
        onChange={choose}
        tabs={[
          {
            id: "form",
            label: "Form",
            content: <EntryForm busy={busy} submit={(entry) => add([entry])} verb="Add it" />,
          },
          { id: "paste", label: "Pasted JSON", content: <PasteEntry busy={busy} add={add} /> },
          {
            id: "host",
            label: "From another app",
            content: (
              <FromApp
                close={() => choose("")}
                elsewhere={
                  <details className="servers-elsewhere">
                    <summary>The app is on this computer, and the bridge is not</summary>
                    <FromFile busy={busy} add={add} />
                  </details>
                }
              />
            ),
          },
        ]}
      />
    </Dialog>
  );
}

function useAdding(done: () => void) {
  const adding = useDo("POST servers", ["GET servers", "GET discover"]);
  const [problem, setProblem] = useState<string>();
  const toasts = useToasts();
  const go = useGo();
  async function add(entries: readonly NamedEntry[]): Promise<void> {
    setProblem(undefined);
    const added: string[] = [];
    try {
      for (const { name, entry } of entries) {
        await adding.mutateAsync({ body: { name, entry: { ...entry } } });
        added.push(name);
      }
      toasts.done(
        added.length === 1 ? `${added[0]} is added` : `${added.length} servers are added`,
      );
      done();
      if (added.length === 1) go(`/servers/${added[0]}`);
    } catch (error) {
      const before = added.length === 0 ? "" : `Added: ${added.join(", ")}. Then: `;
      setProblem(before + messageOf(error));
    }
  }
  return {
    add: (entries: readonly NamedEntry[]) => void add(entries),
    busy: adding.isPending,
    problem,
  };
}

/** The button that ends each way. */
export function AddButton({
  count,
  busy,
  disabled,
}: {
  readonly count: number;
  readonly busy: boolean;
  readonly disabled: string | undefined;
}) {
  return (
    <Button type="submit" look="primary" busy={busy} disabled={disabled}>
      {count > 1 ? `Add ${count} servers` : "Add it"}
    </Button>
  );
}
