import type { DeviceKind, Devices } from "@bedside/client";
import { type Key, useTexts } from "../texts/texts";
import { SelectField } from "../ui/field";

const KINDS: readonly {
  kind: DeviceKind;
  list: "videoInputs" | "audioInputs" | "audioOutputs";
  label: Key;
}[] = [
  { kind: "videoInput", list: "videoInputs", label: "camera" },
  { kind: "audioInput", list: "audioInputs", label: "microphone" },
  { kind: "audioOutput", list: "audioOutputs", label: "loudspeaker" },
];

interface Props {
  devices: Devices;
  choose: (kind: DeviceKind, deviceId: string) => void;
}

/** Which camera, microphone and loudspeaker. What there is only one of, or none, is not asked about. */
export function DeviceFields({ devices, choose }: Props) {
  const { t, language } = useTexts();
  return KINDS.map(({ kind, list, label }) => {
    const found = devices[list];
    if (found.length < 2) return null;
    const number = new Intl.NumberFormat(language);
    const options = found.map((device, index) => ({
      value: device.deviceId,
      // Browsers name devices only to pages that may use them.
      label: device.label || `${t(label)} ${number.format(index + 1)}`,
    }));
    return (
      <SelectField
        key={kind}
        label={t(label)}
        options={options}
        value={devices[kind] ?? found[0]?.deviceId ?? ""}
        onChange={(event) => choose(kind, event.target.value)}
      />
    );
  });
}
