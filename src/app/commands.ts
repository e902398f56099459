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
  /** Look whether an artifact `id`, or an object `uri` of a `connection`, is in storage, and its links work. */
  verify: 'jupyter-openeo-artifacts:verify',
  /** Save it on this computer. */
  download: 'jupyter-openeo-artifacts:download',
  /** Delete it in storage, after asking. */
  deleteStored: 'jupyter-openeo-artifacts:delete',
  /** Put an object in storage on the list. */
  adopt: 'jupyter-openeo-artifacts:adopt',
  /** Stage the file again that the artifact `id` was staged from. */
  stageAgain: 'jupyter-openeo-artifacts:stage-again',
  cancelUpload: 'jupyter-openeo-artifacts:cancel-upload',
  retryUpload: 'jupyter-openeo-artifacts:retry-upload',
  /** Take the upload `id` off the list. */
  forgetUpload: 'jupyter-openeo-artifacts:forget-upload',
  /** Cancel all uploads, after asking. */
  cancelAll: 'jupyter-openeo-artifacts:cancel-all',
  /** Choose files of this computer and stage them. */
  chooseFiles: 'jupyter-openeo-artifacts:choose-files',
  /** Stage the file of the document in front, or of the tab that was clicked. */
  stageDocument: 'jupyter-openeo-artifacts:stage-document',
  /** Put the cursor into the filter of the list. */
  filter: 'jupyter-openeo-artifacts:filter',
  signIn: 'jupyter-openeo-artifacts:sign-in',
  /** Sign out; asks what to do with files on their way. */
  signOut: 'jupyter-openeo-artifacts:sign-out',
  /** Use the backend of that address, or ask which one. */
  switchBackend: 'jupyter-openeo-artifacts:switch-backend'
} as const;
