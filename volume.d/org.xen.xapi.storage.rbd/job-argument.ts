/** The argument that makes the plugin's executable the job that flattens images; the SR's handle follows. */
export const JOB_ARGUMENT = '--flatten'
