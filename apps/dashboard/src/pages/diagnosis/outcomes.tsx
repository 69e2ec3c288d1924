import { useState } from "react";
import { useToolDo } from "../../api/tools.ts";
import { percent } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import type { Known } from "../knowledge/shapes.ts";

/** How often the fix worked, and telling that it did or did not. */
export function Outcomes({ server, known }: { readonly server: string; readonly known: Known }) {
  const { worked, failed, lowerBound, evidence } = known.confidence;
  const { id, fix } = known.diagnosis;
  const tried = worked + failed;
  const [shows, setShows] = useState("");
  const recording = useToolDo(server, "record_outcome");
  const toasts = useToasts();
  async function record(didWork: boolean): Promise<void> {
    try {
      await recording.mutateAsync({ id, worked: didWork, evidence: shows });
      setShows("");
      toasts.done(didWork ? "Noted: it worked" : "Noted: it did not work");
    } catch (error) {
      toasts.failed("The outcome was not noted", error);
    }
  }
  const none = recording.refused ?? (!fix && "There is no fix to have tried.");
  return (
    <Card
      title="Outcomes"
      note={
        tried === 0
          ? "never tried"
          : `worked ${worked} of ${tried}, at least ${percent(lowerBound)}`
      }
    >
      <div className="diagnosis-column">
        <meter
          className="diagnosis-meter"
          min={0}
          max={1}
          value={known.confidence.value}
          aria-label="Odds of the fix"
        />
        <p className="diagnosis-evidence">{evidence}</p>
        <TextField
          label="What shows it"
          hint="such as a test that passes now; may be left out"
          value={shows}
          autoComplete="off"
          onChange={(event) => setShows(event.target.value)}
        />
        <div className="diagnosis-buttons">
          <Button
            icon="check"
            disabled={none}
            busy={recording.isPending}
            onClick={() => void record(true)}
          >
            It worked
          </Button>
          <Button
            icon="close"
            disabled={none}
            busy={recording.isPending}
            onClick={() => void record(false)}
          >
            It did not
          </Button>
        </div>
      </div>
    </Card>
  );
}
