/** Whether what a handler did before an answer of this status counts. 0 is that of `Response.error()`. */
export const counts = (status: number): boolean => status > 0 && status < 500
