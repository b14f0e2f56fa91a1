# Run by cpack for the tarball, which cpack's own would fill in the order that the file system happens to have.
include(${CPACK_EPSILOND_BUILD})
set(folder ${CPACK_TEMPORARY_DIRECTORY})
set(tarball ${CPACK_TOPLEVEL_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}.tar)
execute_process(COMMAND tar -C ${folder} --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$ENV{SOURCE_DATE_EPOCH}
    --format=ustar --transform "s,^\\.,${CPACK_PACKAGE_FILE_NAME}," -cf ${tarball} .
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND gzip -9nf ${tarball} COMMAND_ERROR_IS_FATAL ANY)
set(CPACK_EXTERNAL_BUILT_PACKAGES ${tarball}.gz)
