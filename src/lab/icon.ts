import { LabIcon } from '@jupyterlab/ui-components';

/** A globe whose lower half is a tray that something is put in; coloured by the theme. */
export const artifactsIcon = new LabIcon({
  name: 'jupyter-openeo-artifacts:artifacts',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g fill="none"><g class="jp-icon3" stroke="#616161" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
    <path d="M4.2 12.5a8 8 0 1 1 15.6 0"/>
    <path d="M12 3v9.5M9.2 10l2.8 2.9 2.8-2.9"/>
    <path d="M8.6 12.5C7.6 8.6 8.7 5 12 2.8c3.3 2.2 4.4 5.8 3.4 9.7" opacity=".55"/>
    <path d="M3 15.5v3.6c0 .9.7 1.6 1.6 1.6h14.8c.9 0 1.6-.7 1.6-1.6v-3.6h-5.2c-.4 1.5-1.9 2.3-3.8 2.3s-3.4-.8-3.8-2.3z"/>
  </g></g>
</svg>`
});
