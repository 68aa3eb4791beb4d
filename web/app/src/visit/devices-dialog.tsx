import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { DeviceFields } from "./device-fields";
import { Picture } from "./picture";

export function DevicesDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const call = client.call(id);
  const { devices, local } = useReadable(call.state);
  const hasChoice = [devices.audioInputs, devices.videoInputs, devices.audioOutputs].some(
    ({ length }) => length > 1,
  );
  return (
    <Dialog title={t("devices")} onClose={onClose}>
      {local.video && (
        <div className="devices__picture">
          <Picture stream={local.stream} label={t("own.picture")} mirrored muted />
        </div>
      )}
      {!hasChoice && <Notice kind="info">{t("devices.only")}</Notice>}
      <DeviceFields devices={devices} choose={(kind, deviceId) => void call.useDevice(kind, deviceId)} />
    </Dialog>
  );
}
