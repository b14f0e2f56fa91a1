# The SBOM: SPDX 2.3 in JSON. What is linked is taken from what the linker says it took (the maps beside the programs), the
# versions from the packages that own those files; an archive that is not known here is an error.

# What a library is, by its file: name, licence, and the packages it may come from where no package manager knows the file.
function(epsilond_component_of file)
  if(file MATCHES "/(lib(c|m|pthread|dl|rt)(-[0-9.]+)?\\.a|libc_nonshared\\.a|libmvec\\.a|[A-Za-z]*crt[1in]\\.o)$")
    set(found glibc "LGPL-2.1-or-later" libc6-dev)
  elseif(file MATCHES "/lib(stdc\\+\\+|supc\\+\\+|gcc|gcc_eh)\\.a$")
    set(found gcc "GPL-3.0-or-later WITH GCC-exception-3.1" "")
  elseif(file MATCHES "/libstatgrab\\.a$")
    set(found libstatgrab "LGPL-2.1-or-later" libstatgrab-dev)
  elseif(file MATCHES "/libinih\\.a$")
    set(found inih "BSD-3-Clause" libinih-dev)
  elseif(file MATCHES "/libz\\.a$")
    set(found zlib "Zlib" zlib1g-dev)
  elseif(file MATCHES "/Eigen/Core$")
    set(found eigen "MPL-2.0" libeigen3-dev)
  else()
    message(FATAL_ERROR "sbom.cmake does not know ${file}, which is linked: name it there with its licence")
  endif()
  list(GET found 0 name)
  list(GET found 1 licence)
  list(GET found 2 package)
  set(name "${name}" PARENT_SCOPE)
  set(licence "${licence}" PARENT_SCOPE)
  set(package "${package}" PARENT_SCOPE)
endfunction()

# The package that FILE came from, as "package version purl": by the system's package manager, or by the list that the
# unpacked packages of a cross build left behind.
function(epsilond_origin_of file package variable)
  if(EPSILOND_SYSROOT AND file MATCHES "^${EPSILOND_SYSROOT}/" AND EXISTS ${EPSILOND_SYSROOT}/complete)
    file(STRINGS ${EPSILOND_SYSROOT}/complete known REGEX "^${package}_")
    if(known MATCHES "^([^_]+)_([^_]+)_([^_.]+)\\.deb$")
      set(package ${CMAKE_MATCH_1})
      set(architecture ${CMAKE_MATCH_3})
      string(REPLACE "%3a" ":" version ${CMAKE_MATCH_2})
    endif()
  else()
    execute_process(COMMAND dpkg-query -S ${file} OUTPUT_VARIABLE owner ERROR_QUIET)
    if(owner MATCHES "^([^:, ]+)")
      execute_process(COMMAND dpkg-query -W -f "\${Version} \${Architecture}\n" ${CMAKE_MATCH_1} OUTPUT_VARIABLE known)
      set(package ${CMAKE_MATCH_1})
      string(REGEX MATCH "^([^ ]+) ([^\n]+)" known "${known}")
      set(version ${CMAKE_MATCH_1})
      set(architecture ${CMAKE_MATCH_2})
    endif()
  endif()
  if(DEFINED version)
    string(REGEX REPLACE "^[0-9]+:" "" plain ${version})
    string(REPLACE "+" "%2B" escaped ${version})
    string(REPLACE ":" "%3A" escaped ${escaped})
    set(${variable} ${plain} "pkg:deb/debian/${package}@${escaped}?arch=${architecture}" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND rpm -qf --qf "%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n" ${file} OUTPUT_VARIABLE known ERROR_QUIET)
  if(known MATCHES "^([^ ]+) ([0-9][^ ]*) ([^ \n]+)\n")
    set(${variable} ${CMAKE_MATCH_2} "pkg:rpm/${CMAKE_MATCH_1}@${CMAKE_MATCH_2}?arch=${CMAKE_MATCH_3}" PARENT_SCOPE)
    return()
  endif()
  # Built by hand, as NOTICE offers: there, but of no known version.
  set(${variable} NOASSERTION "" PARENT_SCOPE)
endfunction()

# Adds a package to the SBOM (variables packages, relations of the caller).
macro(epsilond_add_package name version licence purl)
  set(reference "")
  if(NOT "${purl}" STREQUAL "")
    set(reference ",
      \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \"referenceLocator\": \"${purl}\"}]")
  endif()
  list(APPEND packages "    {\"SPDXID\": \"SPDXRef-${name}\", \"name\": \"${name}\", \"versionInfo\": \"${version}\",
      \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"copyrightText\": \"NOASSERTION\",
      \"licenseConcluded\": \"${licence}\", \"licenseDeclared\": \"${licence}\"${reference}}")
endmacro()

macro(epsilond_add_relation from type to)
  list(APPEND relations
    "    {\"spdxElementId\": \"SPDXRef-${from}\", \"relationshipType\": \"${type}\", \"relatedSpdxElement\": \"SPDXRef-${to}\"}")
endmacro()

# epsilond_write_sbom(ROOT FILE): the SBOM of the two programs below ROOT.
function(epsilond_write_sbom root out)
  set(packages "")
  set(relations "")
  set(files "")
  set(seen "")
  epsilond_add_package(epsilond ${EPSILOND_VERSION} Apache-2.0 "pkg:generic/epsilond@${EPSILOND_VERSION}")
  epsilond_add_relation(DOCUMENT DESCRIBES epsilond)
  set(hashes "")
  foreach(program sbin/epsilond bin/epsilonctl)
    get_filename_component(short ${program} NAME)
    file(SHA1 ${root}/usr/${program} sha1)
    file(SHA256 ${root}/usr/${program} sha256)
    string(APPEND hashes ${sha256})
    list(APPEND files "    {\"SPDXID\": \"SPDXRef-program-${short}\", \"fileName\": \"./usr/${program}\", \"fileTypes\": [\"BINARY\"],
      \"checksums\": [{\"algorithm\": \"SHA1\", \"checksumValue\": \"${sha1}\"}, {\"algorithm\": \"SHA256\", \"checksumValue\": \"${sha256}\"}],
      \"licenseConcluded\": \"NOASSERTION\", \"licenseInfoInFiles\": [\"NOASSERTION\"], \"copyrightText\": \"NOASSERTION\"}")
    # The source, whose files are not analysed, may not CONTAIN any (SPDX 2.3, clause 7.8).
    epsilond_add_relation(DOCUMENT DESCRIBES program-${short})
    epsilond_add_relation(program-${short} GENERATED_FROM epsilond)

    file(STRINGS ${EPSILOND_BUILD}/${short}.map lines REGEX "^(/[^(]*\\.a\\(|LOAD /.*\\.o$)")
    list(TRANSFORM lines REPLACE "^LOAD " "")
    list(TRANSFORM lines REPLACE "\\.a\\(.*" ".a")
    list(REMOVE_DUPLICATES lines)
    list(GET EPSILOND_EIGEN_INCLUDE 0 eigen)
    list(APPEND lines ${eigen}/Eigen/Core)
    set(linked "")
    foreach(line IN LISTS lines)
      file(REAL_PATH ${line} file)
      if(file MATCHES "^${EPSILOND_BUILD}/|/crt(begin|end)[ST]*\\.o$")
        continue()
      endif()
      epsilond_component_of(${file})
      if(NOT name IN_LIST seen)
        epsilond_origin_of(${file} "${package}" origin)
        list(GET origin 0 version)
        list(LENGTH origin length)
        set(purl "")
        if(length GREATER 1)
          list(GET origin 1 purl)
        endif()
        epsilond_add_package(${name} ${version} "${licence}" "${purl}")
        list(APPEND seen ${name})
      endif()
      if(NOT name IN_LIST linked)
        list(APPEND linked ${name})
        epsilond_add_relation(program-${short} STATIC_LINK ${name})
      endif()
    endforeach()
  endforeach()

  file(READ ${EPSILOND_BUILD}/agent/report/uplot_dir uplot)
  if(uplot)
    file(READ ${uplot}/package.json json)
    string(JSON version GET "${json}" version)
    epsilond_add_package(uPlot ${version} MIT "pkg:npm/uplot@${version}")
    epsilond_add_relation(program-epsilonctl CONTAINS uPlot)
  endif()

  string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)
  string(UUID uuid NAMESPACE 6ba7b811-9dad-11d1-80b4-00c04fd430c8 NAME ${hashes} TYPE SHA1)
  list(JOIN packages ",\n" packages)
  list(JOIN files ",\n" files)
  list(JOIN relations ",\n" relations)
  file(WRITE ${out} "{
  \"spdxVersion\": \"SPDX-2.3\",
  \"dataLicense\": \"CC0-1.0\",
  \"SPDXID\": \"SPDXRef-DOCUMENT\",
  \"name\": \"epsilond-${EPSILOND_VERSION}-linux-${EPSILOND_DEB_ARCHITECTURE}\",
  \"documentNamespace\": \"urn:uuid:${uuid}\",
  \"creationInfo\": {\"created\": \"${created}\", \"creators\": [\"Tool: epsilond-sbom.cmake-${EPSILOND_VERSION}\"]},
  \"packages\": [\n${packages}\n  ],
  \"files\": [\n${files}\n  ],
  \"relationships\": [\n${relations}\n  ]
}
")
endfunction()
