# Releases, packages and images; the manuals that are made.
#
## make manual          unpack-findings(7) from the table of codes
## make html            the manuals, in build/html/
## make release         build/release: archives of all architectures, checksums;
##                      MAINTAINER='NAME <ADDRESS>', and KEY, which signs them
## make deb             build/deb: the package unpackctl; test-deb: in chroots
## make test-release    what is in both, and whether they come out the same again
## make image           build/image: OCI layouts of unpack and unpackctl
#
# Licences and the list of what is linked: provenance DIRECTORY, then programs.
comma := ,
space := $(subst ,, )
commas = $(subst $(space),$(comma),$(strip $(1)))
provenance = VERSION='$(VERSION)' COMMIT='$(COMMIT)' \
	COMPILER='$(or $(GCC),gcc)' DOC='$(or $(DOC),share/doc/unpack)' \
	src/release/provenance.sh '$(1)' unpack-$(VERSION)-linux-$(ARCH) \
	$(D)/versions
linked_in = $(1)=$(call commas,$(LINKED_$(1)) libgcc)

# unpack-findings(7) comes from the table of codes.
manual: $(B)/unpackctl
	$(B)/unpackctl explain -o json | src/release/findings.py >src/man/unpack-findings.7

# The manuals as HTML, in build/html/.
html:
	$(Q)mkdir -p build/html
	$(Q)for m in $(MAN1) $(MAN5) $(MAN7); do \
	    mandoc -Thtml -Oman=%N.%S.html,toc $$m >build/html/$${m##*/}.html \
	        || exit 1; \
	done
	$(SAY) HTML build/html/
.PHONY: manual html

# The root of the image that IMAGE names, unpack or unpackctl.
image-root: $(IMAGE)
	@rm -rf $(DESTDIR)
	@src/release/root.sh $(IMAGE) $(B) $(DESTDIR) $(STRIP)
	@$(call provenance,$(DESTDIR)) \
	    $(if $(filter unpackctl,$(IMAGE)),usr/bin/)$(call linked_in,$(IMAGE))
.PHONY: image-root

# Of the commit, not of what is not committed: always the same bytes, with the
# same packages of the same Debian.

# Who releases this sets them: unpack-admin(7).  With REGISTRY, unpackctl names
# the unpack image there by its digest.  With SOURCE_URL, the images say where
# their source is.  With RELEASE_URL, where the archives can be fetched from,
# there is a manifest for krew.  MAINTAINER gets the reports of weaknesses.  KEY
# signs the checksums: a file with minisign's secret key, or the id of gpg's.
REGISTRY =
SOURCE_URL =
RELEASE_URL =
MAINTAINER =
KEY =
STAGE_ENV = VERSION='$(VERSION)' COMMIT='$(COMMIT)' ARCHES='$(ARCHES)' \
	REGISTRY='$(REGISTRY)' RELEASE_URL='$(RELEASE_URL)' MAKE='$(MAKE)' \
	SOURCE_URL='$(SOURCE_URL)' MAINTAINER='$(MAINTAINER)' KEY='$(KEY)'

# asked before anything is built
may-release:
	$(Q)$(STAGE_ENV) src/release/release.sh may
stage: $(if $(filter release deb test-release test-deb,$(MAKECMDGOALS)), \
    may-release)
	$(Q)$(STAGE_ENV) src/release/stage.sh build/stage
image: stage
	$(Q)$(STAGE_ENV) src/release/release.sh image build/stage build/image
release: stage
	$(Q)$(STAGE_ENV) src/release/release.sh archives build/stage build/release
# What is in them, and whether the source archive makes the same again: minutes.
test-release test-deb: export MAINTAINER = A Person <person@example.com>
test-release test-deb: export RELEASE_URL = https://example.com/unpack/v0
test-release: all release image
	$(Q)TIMEOUT=3600 $(RUN) $(sort $(wildcard test/release/*.sh))
# Debian's package, of the release's source, and whether it is one: lintian,
# and Debian 12 and 13 in chroots of their own; in others the README's first
# command, from nothing: minutes.
deb: release
	$(Q)$(STAGE_ENV) src/release/deb.sh build/release build/deb
test-deb: deb
	$(Q)TIMEOUT=1800 $(RUN) $(sort $(wildcard test/deb/*.sh))
.PHONY: may-release stage image release test-release deb test-deb
