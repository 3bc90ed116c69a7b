package io.sqlitereplica.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The packages of the operator, each depending only on those before it. */
class ArchitectureTest {
    private static final String ROOT = "io.sqlitereplica.operator";
    private static final List<String> PACKAGES =
            List.of("jvm", "inject", "webhook", "certificate", "poll", "restart", "reconcile");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void eachPackageDependsOnlyOnThoseBeforeIt() {
        for (int i = 0; i < PACKAGES.size(); i++) {
            String[] later = PACKAGES.subList(i + 1, PACKAGES.size()).stream()
                    .map(name -> ROOT + "." + name + "..")
                    .toArray(String[]::new);
            if (later.length > 0) {
                noClasses()
                        .that()
                        .resideInAPackage(ROOT + "." + PACKAGES.get(i) + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(later)
                        .check(CLASSES);
            }
        }
    }

    @Test
    void nothingDependsOnTheStart() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT)
                .check(CLASSES);
    }

    @Test
    void knowsNothingOfSqliteAndOfTheSidecarsInside() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.sqlitereplica.sidecar..", "org.sqlite..", "io.minio..")
                .check(CLASSES);
    }

    @Test
    void everyPackageIsInTheOrder() {
        assertThat(CLASSES)
                .extracting(each -> each.getPackageName())
                .allMatch(name -> name.equals(ROOT) || PACKAGES.contains(name.substring(ROOT.length() + 1)));
        classes().should().resideInAPackage(ROOT + "..").check(CLASSES);
    }
}
