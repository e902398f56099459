import * as React from 'react';

import { useServices } from './context';

/** A QR code, for approving on a phone; its encoder is loaded when the first one is shown. */
export function QRCode({ text }: { text: string }): JSX.Element | null {
  const { trans } = useServices();
  const [drawing, setDrawing] = React.useState<{
    path: string;
    size: number;
  }>();
  React.useEffect(() => {
    let wanted = true;
    void import('qrcode-generator').then(({ default: qrcode }) => {
      const code = qrcode(0, 'M');
      code.addData(text, 'Byte');
      code.make();
      const size = code.getModuleCount();
      let path = '';
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          path += code.isDark(row, column) ? `M${column} ${row}h1v1h-1z` : '';
        }
      }
      if (wanted) {
        setDrawing({ path, size });
      }
    });
    return () => {
      wanted = false;
    };
  }, [text]);
  if (!drawing) {
    return null;
  }
  // Four modules of quiet zone around, as the standard asks; black on white in every theme, because
  // many readers take no inverted code.
  const view = drawing.size + 8;
  return (
    <svg
      className="jp-OpenEOArtifacts-qr"
      role="img"
      aria-label={trans.__('QR code of the address, with the code in it')}
      viewBox={`-4 -4 ${view} ${view}`}
      shapeRendering="crispEdges"
    >
      <rect x="-4" y="-4" width={view} height={view} fill="#fff" />
      <path d={drawing.path} fill="#000" />
    </svg>
  );
}
