# SPDX-License-Identifier: Apache-2.0
# The image that puts unpack into other containers: /unpack, two more names for
# it, and what it is made of, in /usr/share/doc/unpack.
#
#   docker build -t unpack .        or: buildah bud -t unpack .
#
# It is for trying out; `make image` makes the one of a release, for all
# architectures.  REVISION is the commit, which is not to be seen in here.
#
# BASE is a Debian 12 or 13 to build on; nothing of it is in the result.
ARG BASE=debian:12-slim
FROM ${BASE} AS build
WORKDIR /src
COPY test/setup.sh test/
RUN test/setup.sh build
COPY Makefile ./
COPY src src
ARG REVISION=unknown
ARG SOURCE_DATE_EPOCH=0
RUN make -j2 image-root IMAGE=unpack DESTDIR=/out DOC=usr/share/doc/unpack \
        COMMIT="$REVISION $SOURCE_DATE_EPOCH" && \
    find /out -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

FROM scratch
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="unpack" \
      org.opencontainers.image.description="Streams a bundle image's files through the log of a restricted pod" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/ /
ENV PATH=/usr/bin
USER 65532:65532
ENTRYPOINT ["/unpack"]
