function id<V extends string>(verb: V): `jupyter-openeo-artifacts:${V}` {
  return `jupyter-openeo-artifacts:${verb}`;
}

/** The commands of this extension: what its buttons do, and what others may call. */
export const CommandIDs = {
  /** Show the panel. */
  open: id('open'),
  /** Read everything again. */
  refresh: id('refresh'),
  /** Stage the files selected in the file browser, or those of `paths`. */
  stage: id('stage'),
  /** Copy a fresh link to the artifact `id`. */
  copyLink: id('copy-link'),
  /** Copy fresh links to the artifacts `ids`; `form`: lines, dict or csv. */
  copyLinks: id('copy-links'),
  /** Copy the storage URI of the artifact `id`. */
  copyURI: id('copy-uri'),
  /** Insert the artifact `id`, or several as `ids`, in the notebook; `how`: reference, uri or link. */
  insert: id('insert'),
  /** Take the artifact `id`, or several as `ids`, off the list, after asking. */
  forgetArtifact: id('forget-artifact'),
  /** Look whether an artifact `id`, or an object `uri` of a `connection`, is in storage, and its links work. */
  verify: id('verify'),
  /** Save it on this computer. */
  download: id('download'),
  /** Delete it in storage, after asking. */
  deleteStored: id('delete'),
  /** Put an object in storage on the list. */
  adopt: id('adopt'),
  /** Stage the file again that the artifact `id` was staged from. */
  stageAgain: id('stage-again'),
  cancelUpload: id('cancel-upload'),
  retryUpload: id('retry-upload'),
  /** Take the upload `id` off the list. */
  forgetUpload: id('forget-upload'),
  /** Cancel all uploads, after asking. */
  cancelAll: id('cancel-all'),
  /** Choose files of this computer and stage them. */
  chooseFiles: id('choose-files'),
  /** Stage the file of the document in front, or of the tab that was clicked. */
  stageDocument: id('stage-document'),
  /** Put the cursor into the filter of the list. */
  filter: id('filter'),
  signIn: id('sign-in'),
  /** Sign out; asks what to do with files on their way. */
  signOut: id('sign-out'),
  /** Use the backend of that address, or ask which one. */
  switchBackend: id('switch-backend')
} as const;
