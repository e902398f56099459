/** The commands of this extension: what its buttons do, and what others may call. */
export const CommandIDs = {
  /** Show the panel. */
  open: 'jupyter-openeo-artifacts:open',
  /** Read everything again. */
  refresh: 'jupyter-openeo-artifacts:refresh',
  /** Stage the files selected in the file browser, or those of `paths`. */
  stage: 'jupyter-openeo-artifacts:stage',
  /** Copy a fresh link to the artifact `id`. */
  copyLink: 'jupyter-openeo-artifacts:copy-link',
  /** Copy the storage URI of the artifact `id`. */
  copyURI: 'jupyter-openeo-artifacts:copy-uri',
  /** Insert the artifact `id` in the notebook; `how`: reference, uri or link. */
  insert: 'jupyter-openeo-artifacts:insert',
  /** Take the artifact `id` off the list, after asking. */
  forgetArtifact: 'jupyter-openeo-artifacts:forget-artifact',
  cancelUpload: 'jupyter-openeo-artifacts:cancel-upload',
  retryUpload: 'jupyter-openeo-artifacts:retry-upload',
  /** Take the upload `id` off the list. */
  forgetUpload: 'jupyter-openeo-artifacts:forget-upload',
  signOut: 'jupyter-openeo-artifacts:sign-out'
} as const;
